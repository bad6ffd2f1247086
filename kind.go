package jpki

// Kind is one of the kinds of JPKI certificate: four that stand on a card, and those of the OCSP responders.
type Kind int

const (
	// SigningCA 署名用認証局 is the self-signed certificate of the CA for digital signature.
	SigningCA Kind = iota + 1
	// AuthenticationCA 利用者証明用認証局 is the self-signed certificate of the CA for user authentication.
	AuthenticationCA
	// Signing 署名用電子証明書 carries the four attributes; the private key signs documents.
	//
	// Law: 公的個人認証法 §3
	Signing
	// Authentication 利用者証明用電子証明書 carries no personal data; the private key logs in.
	//
	// Law: 公的個人認証法 §22
	Authentication
	// SigningResponder 署名用OCSPレスポンダ証明書 answers for certificates of the CA for digital signature.
	SigningResponder
	// AuthenticationResponder 利用者証明用OCSPレスポンダ証明書 answers for those of the CA for user authentication.
	AuthenticationResponder
)

// Kinds lists all of them.
var Kinds = [...]Kind{SigningCA, AuthenticationCA, Signing, Authentication, SigningResponder, AuthenticationResponder}

var kindNames = map[Kind]struct{ id, en, ja string }{
	SigningCA:               {"sign-ca", "CA for digital signature", "署名用認証局"},
	AuthenticationCA:        {"auth-ca", "CA for user authentication", "利用者証明用認証局"},
	Signing:                 {"sign", "signing certificate", "署名用電子証明書"},
	Authentication:          {"auth", "authentication certificate", "利用者証明用電子証明書"},
	SigningResponder:        {"sign-ocsp", "OCSP responder for signing certificates", "署名用OCSPレスポンダ証明書"},
	AuthenticationResponder: {"auth-ocsp", "OCSP responder for authentication certificates", "利用者証明用OCSPレスポンダ証明書"},
}

// String returns the short name used on command lines and in files: sign-ca, auth-ca, sign, auth, sign-ocsp or auth-ocsp.
func (k Kind) String() string { return kindNames[k].id }

// English returns what the kind is called in English.
func (k Kind) English() string { return kindNames[k].en }

// Japanese returns what the kind is called in Japanese.
func (k Kind) Japanese() string { return kindNames[k].ja }

// IsCA reports whether the kind is a CA certificate.
func (k Kind) IsCA() bool { return k == SigningCA || k == AuthenticationCA }

// CA returns the kind of certificate that signs k; a CA signs itself.
func (k Kind) CA() Kind {
	switch k {
	case Signing, SigningResponder:
		return SigningCA
	case Authentication, AuthenticationResponder:
		return AuthenticationCA
	}
	return k
}

// ParseKind is the inverse of [Kind.String].
func ParseKind(s string) (Kind, bool) {
	for _, k := range Kinds {
		if k.String() == s {
			return k, true
		}
	}
	return 0, false
}
