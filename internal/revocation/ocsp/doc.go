// Package ocsp reads OCSP requests and writes OCSP responses: the wire format of the responder OCSPレスポンダ. It knows no
// certificates in particular and signs nothing.
//
//	r, err := ocsp.ParseRequest(der)        // strict DER, bounded
//	tbs, err := ocsp.Response{…}.TBS()      // to be signed by the responder
//	whole, err := ocsp.Assemble(tbs, algorithm, signature, certificate)
//	whole := ocsp.Failure(ocsp.TryLater)    // unsigned
//
// A request may be signed; the signature is kept and not checked, since it entitles nobody to anything here. What
// [ParseRequest] accepts, [Request.Marshal] writes back byte for byte.
//
// Limits: requests of [MaxRequest] bytes with [MaxQueries] certificates; nonces of 1 to [MaxNonce] bytes.
//
// Spec: RFC 6960 §4
// Spec: RFC 8954 §2.1
package ocsp
