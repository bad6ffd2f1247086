// Package signer keeps the private keys of certification authorities 発行者署名符号.
//
// [Software] keeps each key in a file of its own, encrypted: PKCS #8 with PBES2 (PBKDF2 with HMAC-SHA-256, AES-256-CBC),
// in PEM, mode 0600. A key is made once, is never overwritten and never leaves the process; the rest of the program
// sees crypto.Signer alone, so that a key in a hardware module takes the same place.
//
// Whatever implements keys for a CA must pass [github.com/openjpki/jpki/internal/ca/signer/signertest].
//
// Law: 公的個人認証法 §14
// Spec: RFC 5958 §3; RFC 8018 §6.2
package signer
