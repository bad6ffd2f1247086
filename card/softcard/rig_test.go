package softcard_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// selectAP selects the JPKI application.
const selectAP = "00A4040C0AD392F000260100000001"

// rig sends commands to a chip and computes those of the loading protocol, by
// its description alone.
type rig struct {
	testing.TB
	*cardtest.Chip
	bound []byte          // challenge of the last authentication
	spare *rsa.PrivateKey // a key that is on no card
}

func newRig(t testing.TB, chip *cardtest.Chip) *rig {
	return &rig{TB: t, Chip: chip, bound: make([]byte, 16)}
}

// send transmits one command, in hexadecimal; spaces are for the reader.
func (r *rig) send(command string) apdu.Response {
	r.Helper()
	return r.transmit(unhex(r, command))
}

func (r *rig) transmit(command []byte) apdu.Response {
	r.Helper()
	answer, err := r.Card.Transmit(r.Context(), command)
	if err != nil {
		r.Fatal(err)
	}
	response, err := apdu.ParseResponse(answer)
	if err != nil {
		r.Fatal(err)
	}
	return response
}

// want sends command and compares the status word; it returns the data.
func (r *rig) want(command string, want apdu.SW) []byte {
	r.Helper()
	got := r.send(command)
	if got.SW != want {
		r.Fatalf("%s = %v, want %v", command, got.SW, want)
	}
	return got.Data
}

// reset switches the card off and on and selects the application.
func (r *rig) reset() {
	r.Helper()
	if err := r.Card.Reset(); err != nil {
		r.Fatal(err)
	}
	r.want(selectAP, apdu.Success)
}

// authenticate runs EXTERNAL AUTHENTICATE as the counter (81) or the kiosk (82).
func (r *rig) authenticate(reference byte, key card.Secret) apdu.SW {
	r.Helper()
	challenge := r.send("00 84 0000 10").Data
	sw := r.transmit(command(0x82, 0, reference, cryptogram(r, key, challenge))).SW
	if sw == apdu.Success {
		r.bound = challenge
	}
	return sw
}

func (r *rig) counter() apdu.SW { return r.authenticate(0x81, r.Transport) }

func (r *rig) kiosk() apdu.SW { return r.authenticate(0x82, r.keys().Kiosk) }

func (r *rig) keys() card.CardKeys {
	r.Helper()
	keys, err := r.Master.Diversify(r.Serial)
	if err != nil {
		r.Fatal(err)
	}
	return keys
}

// putKey returns PUT KEY with plain sealed for this session.
func (r *rig) putKey(plain []byte) []byte {
	r.Helper()
	key, err := hkdf.Key(sha256.New, r.Transport[:], nil, "openjpki/1 put key", 32)
	if err != nil {
		r.Fatal(err)
	}
	return command(0xD8, 0, 0, r.seal(card.Secret(key), 0xD8, 0x00, 0x0000, plain))
}

// permit is what PUT KEY carries: keys and a nonce.
func (r *rig) permit(keys card.CardKeys) []byte {
	version := byte(keys.Version)
	plain := append([]byte{0, 0, 0, version}, keys.Kiosk[:]...)
	plain = append(plain, keys.Loading[:]...)
	return append(plain, []byte("0123456789ABCDEF")...)
}

// seal seals plain under key for this card, this session, ins, p2 and file.
func (r *rig) seal(key card.Secret, ins, p2 byte, file uint16, plain []byte) []byte {
	r.Helper()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		r.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		r.Fatal(err)
	}
	nonce := make([]byte, 12)
	rand.Read(nonce)
	bound := []byte{0x00, ins, 0x00, p2, byte(file >> 8), byte(file)}
	bound = append(bound, r.Serial...)
	bound = append(bound, r.bound...)
	return aead.Seal(nonce, nonce, plain, bound)
}

// importKey returns IMPORT PRIVATE KEY for the authentication key (EF 0017).
func (r *rig) importKey(key card.Secret, plain []byte) []byte {
	r.Helper()
	return command(0x48, 0, 0x97, r.seal(key, 0x48, 0x97, 0x0017, plain))
}

func cryptogram(t testing.TB, key card.Secret, challenge []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, aes.BlockSize)
	if len(challenge) == len(b) {
		block.Encrypt(b, challenge)
	}
	return b
}

// command encodes a command without an Le field, in extended form if it is long.
func command(ins, p1, p2 byte, data []byte) []byte {
	return apdu.Command{INS: ins, P1: p1, P2: p2, Data: data}.Bytes()
}

// certify returns a certificate for public, made by a throw-away authority.
func certify(t testing.TB, public any) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// newRequest returns a certificate request signed with key.
func newRequest(t testing.TB, key *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pinField is Lc and data of a PIN in hexadecimal.
func pinField(pin string) string { return fmt.Sprintf("%02X%X", len(pin), pin) }
