//go:build !linux

package pcscdtest

import "syscall"

// dieWithParent has no counterpart elsewhere; Start does not get this far there.
func dieWithParent() *syscall.SysProcAttr { return nil }
