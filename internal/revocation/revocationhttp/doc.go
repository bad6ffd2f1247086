// Package revocationhttp is the validity service 失効情報 over HTTP: a handler for OCSP requests and for the download of
// lists, and a small client.
//
//	POST /ocsp                          the request in the body, application/ocsp-request
//	GET  /ocsp/BASE64                   the request in the path, URL-encoded or not
//	GET  /crl/ISSUER/PARTITION.crl      the latest list, application/pkix-crl
//
// ISSUER is the identifier of the CA key in hexadecimal (message.IssuerID), PARTITION that of the distribution point
// (revocation.Partition.ID). Lists can be asked for by range and by condition. An OCSP request always gets an OCSP
// response with status 200, if only one that says why there is no answer.
//
// The base64 of a request holds slashes, also two in a row. A mux that cleans paths turns such a request into a
// redirection to another one, so the handler stands before the mux ([Handler.Before]) and not in it.
//
// Spec: RFC 5019 §5, §6
// Spec: RFC 6960 §4
package revocationhttp
