import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;

/** Judges signatures with Bouncy Castle. Arguments: pairs of a signature and its content, "-" where it is attached. */
public class VerifyCMS {
    public static void main(String[] args) throws Exception {
        for (int i = 0; i + 1 < args.length; i += 2) {
            System.out.println(args[i] + ": " + judge(Files.readAllBytes(Path.of(args[i])), args[i + 1]));
        }
    }

    @SuppressWarnings("unchecked")
    static String judge(byte[] encoded, String content) throws Exception {
        CMSSignedData signed = content.equals("-")
            ? new CMSSignedData(encoded)
            : new CMSSignedData(new CMSProcessableByteArray(Files.readAllBytes(Path.of(content))), encoded);
        if (!Arrays.equals(signed.getEncoded("DER"), encoded)) {
            return "not DER";
        }
        SignerInformation signer = signed.getSignerInfos().iterator().next();
        X509CertificateHolder certificate =
            (X509CertificateHolder) signed.getCertificates().getMatches(signer.getSID()).iterator().next();
        try {
            if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build(certificate))) {
                return "wrong signature";
            }
        } catch (CMSException e) {
            return e.getMessage();
        }
        return pinned(signer, certificate) ? "accepted" : "another signing certificate";
    }

    /** Says whether the signed attribute names this very certificate by hash, issuer and serial number. */
    static boolean pinned(SignerInformation signer, X509CertificateHolder certificate) throws Exception {
        ESSCertIDv2 id = SigningCertificateV2.getInstance(
            signer.getSignedAttributes().get(PKCSObjectIdentifiers.id_aa_signingCertificateV2).getAttributeValues()[0]).getCerts()[0];
        byte[] hash = MessageDigest.getInstance(id.getHashAlgorithm().getAlgorithm().getId()).digest(certificate.getEncoded());
        IssuerAndSerialNumber name = new IssuerAndSerialNumber(certificate.toASN1Structure());
        return Arrays.equals(hash, id.getCertHash())
            && id.getIssuerSerial().getSerial().equals(name.getSerialNumber())
            && id.getIssuerSerial().getIssuer().equals(new GeneralNames(new GeneralName(name.getName())));
    }
}
