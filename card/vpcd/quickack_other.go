//go:build !linux

package vpcd

import "net"

// acknowledge does nothing: only Linux can acknowledge at once.
func acknowledge(net.Conn) {}
