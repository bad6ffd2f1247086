//go:build !(goexperiment.runtimesecret && linux && (amd64 || arm64))

package kiosk

// Erasure says what is left of a private key when Generate returns.
const Erasure = Partial

// erasing runs f. The copies that libraries made on its stack and heap stay until their memory is used again.
func erasing(f func()) { f() }
