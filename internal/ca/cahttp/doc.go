// Package cahttp is what other offices may ask of the certification authority 認証局 over the line, on both sides: the
// validity service has its lists signed and its responders certified, and any office gets the certificates of the CAs, its
// anchors 信頼点. What must not be lost or doubled goes by post instead, see [ca.Service.Receive].
//
//	POST /ca/sign_list/ISSUER       the signed part of a CRL, as a stream of at most 512 MB; answered with the signature
//	POST /ca/certify_responder      message.ResponderRequest; answered with message.Issued
//	POST /ca/certificates           {}; answered with [Certificates]
//
// ISSUER is the identifier of the CA's key in hexadecimal (message.IssuerID). Who asks is the office that the certificate of
// the connection names. The CA decides whether it may, and records what was asked, whatever the outcome.
//
// Limits: how long a request may take is for the server to say under which [Mount] puts these paths.
package cahttp
