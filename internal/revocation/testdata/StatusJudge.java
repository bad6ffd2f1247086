import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.Security;
import java.security.cert.CRL;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges certificates by lists or by an OCSP response. It prints one line for each question: "good", or why not as
 * "REASON: text".
 *
 * <p>Arguments: the provider, SUN or BC; then for each question the time, a file with the certificate of the CA, one with
 * the certificate, and either the files of the lists, separated by commas, or the file of a response, whose name ends in
 * ".ocsp.der"; "-" for nothing.
 */
public final class StatusJudge {
    private final String provider;
    private final CertificateFactory factory;

    private StatusJudge(String provider) throws GeneralSecurityException {
        this.provider = provider;
        this.factory = CertificateFactory.getInstance("X.509", provider);
    }

    public static void main(String[] args) throws ReflectiveOperationException, GeneralSecurityException, IOException {
        Class<?> bouncyCastle = Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider");
        Security.addProvider((Provider) bouncyCastle.getDeclaredConstructor().newInstance());
        StatusJudge judge = new StatusJudge(args[0]);
        for (int i = 1; i < args.length; i += 4) {
            System.out.println(judge.answer(Instant.parse(args[i]), args[i + 1], args[i + 2], args[i + 3]));
        }
    }

    private String answer(Instant at, String authority, String file, String known)
            throws GeneralSecurityException, IOException {
        X509Certificate certificate = read(file);
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(read(authority), null)));
        parameters.setPolicyQualifiersRejected(false);
        parameters.setDate(Date.from(at));
        CertPathValidator validator = CertPathValidator.getInstance("PKIX", provider);
        if (known.endsWith(".ocsp.der")) {
            PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
            checker.setOcspResponses(Map.of(certificate, Files.readAllBytes(Path.of(known))));
            checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
            parameters.addCertPathChecker(checker);
        } else {
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists(known))));
        }
        try {
            validator.validate(factory.generateCertPath(List.of(certificate)), parameters);
            return "good";
        } catch (CertPathValidatorException e) {
            return e.getReason() + ": " + e.getMessage();
        }
    }

    private List<CRL> lists(String files) throws GeneralSecurityException, IOException {
        List<CRL> lists = new ArrayList<>();
        for (String file : files.equals("-") ? new String[0] : files.split(",")) {
            try (FileInputStream in = new FileInputStream(file)) {
                lists.add(factory.generateCRL(in));
            }
        }
        return lists;
    }

    private X509Certificate read(String file) throws GeneralSecurityException, IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            return (X509Certificate) factory.generateCertificate(in);
        }
    }
}
