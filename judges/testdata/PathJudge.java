import java.io.FileInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Validates certification paths by PKIX, without a look at revocation. It prints one line for each path: "accepted", or
 * why not as "REASON: text".
 *
 * <p>Arguments: the provider, SUN or BC; "reject" or "pass" for qualifiers in critical policies; then for each path the
 * time, the policy that must be in force or "any", a PEM file of trusted CA certificates and a PEM file of the path, the
 * end entity first.
 */
public final class PathJudge {
    private final String provider;
    private final boolean rejectQualifiers;
    private final CertificateFactory factory;

    private PathJudge(String provider, boolean rejectQualifiers) throws GeneralSecurityException {
        this.provider = provider;
        this.rejectQualifiers = rejectQualifiers;
        this.factory = CertificateFactory.getInstance("X.509", provider);
    }

    public static void main(String[] args) throws ReflectiveOperationException, GeneralSecurityException, IOException {
        Class<?> bouncyCastle = Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider");
        Security.addProvider((Provider) bouncyCastle.getDeclaredConstructor().newInstance());
        PathJudge judge = new PathJudge(args[0], args[1].equals("reject"));
        for (int i = 2; i < args.length; i += 4) {
            System.out.println(judge.answer(Instant.parse(args[i]), args[i + 1], args[i + 2], args[i + 3]));
        }
    }

    private String answer(Instant at, String policy, String anchors, String path)
            throws GeneralSecurityException, IOException {
        Set<TrustAnchor> trusted = new HashSet<>();
        for (Certificate ca : read(anchors)) {
            trusted.add(new TrustAnchor((X509Certificate) ca, null));
        }
        PKIXParameters parameters = new PKIXParameters(trusted);
        parameters.setRevocationEnabled(false);
        parameters.setPolicyQualifiersRejected(rejectQualifiers);
        parameters.setDate(Date.from(at));
        if (!policy.equals("any")) {
            parameters.setExplicitPolicyRequired(true);
            parameters.setInitialPolicies(Set.of(policy));
        }
        try {
            CertPathValidator validator = CertPathValidator.getInstance("PKIX", provider);
            validator.validate(factory.generateCertPath(read(path)), parameters);
            return "accepted";
        } catch (CertPathValidatorException e) {
            return e.getReason() + ": " + e.getMessage();
        }
    }

    private List<Certificate> read(String file) throws GeneralSecurityException, IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            return List.copyOf(factory.generateCertificates(in));
        }
    }
}
