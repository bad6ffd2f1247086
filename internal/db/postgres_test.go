package db_test

import (
	"encoding/binary"
	"net"
	"testing"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
)

func TestPostgresThatIsNotThere(t *testing.T) {
	_, err := db.Open(t.Context(), db.Config{URL: "postgres://ca:secret@/jpki?host=" + t.TempDir()})
	if fault.KeyOf(err) != "db.unavailable" || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Open = %v, want db.unavailable", err)
	}
}

// Nothing is said to a server that does not encrypt, unless the URL says that it need not.
func TestPostgresWantsEncryption(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan []byte)
	go func() {
		var all []byte
		for {
			client, err := listener.Accept()
			if err != nil {
				heard <- all
				return
			}
			all = append(all, listen(client)...)
		}
	}()
	_, err = db.Open(t.Context(), db.Config{URL: "postgres://ca:secret@" + listener.Addr().String() + "/jpki"})
	if fault.KeyOf(err) != "db.unavailable" {
		t.Errorf("Open = %v, want db.unavailable", err)
	}
	listener.Close()
	if got := <-heard; len(got) != 0 {
		t.Errorf("the server heard %q without encryption, want nothing", got)
	}
}

// listen answers the question for TLS with no and returns what the client says then.
func listen(client net.Conn) []byte {
	defer client.Close()
	message := make([]byte, 1024)
	n, _ := client.Read(message)
	if n == 8 && binary.BigEndian.Uint32(message[4:]) == 80877103 {
		client.Write([]byte("N"))
		n, _ = client.Read(message)
	}
	return message[:n]
}
