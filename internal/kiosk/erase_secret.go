//go:build goexperiment.runtimesecret && linux && (amd64 || arm64)

package kiosk

import (
	"runtime"
	"runtime/secret"
)

// Erasure says what is left of a private key when Generate returns.
const Erasure = Complete

// erasing runs f, after which nothing of its stack, its registers and what it allocated is left.
func erasing(f func()) {
	secret.Do(f)
	runtime.GC() // erases what f allocated,
	runtime.GC() // and what a sync.Pool still held
}
