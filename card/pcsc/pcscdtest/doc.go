// Package pcscdtest runs a private pcscd with virtual readers for a test: the real resource manager of PC/SC programs, as
// Debian ships it, with the vpcd driver of vsmartcard. Cards go into its slots with package vpcd.
//
// Each [Daemon] has its own unix socket, configuration, copies of the driver and ports, so that any number run side by side
// and beside the machine's own pcscd. It needs no root, no systemd and no USB. The vpcd driver would listen on all network
// interfaces; a small shim in C, compiled by the test, makes it listen on free ports of 127.0.0.1.
//
// It needs Linux and the Debian packages pcscd, vsmartcard-vpcd, gcc and libc6-dev. A missing one fails the test with the
// command that installs it: the tests that use this package (build tag judges) are there to run real programs.
//
// The one thing shared with other instances is /run/pcscd/pcscd.pid, which pcscd writes where it may and nobody here reads.
package pcscdtest
