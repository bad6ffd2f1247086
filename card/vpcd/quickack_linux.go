package vpcd

import (
	"net"
	"syscall"
)

// acknowledge acknowledges what has arrived now and the next piece without delay. The kernel forgets the option soon, so that it
// is set after each read. That it cannot be set costs time and nothing else.
func acknowledge(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
