package medium

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// maxFile is the greatest size of a file in bytes.
const maxFile = post.MaxEncoded + 4096

// header is the first line of a file.
type header struct {
	Version int          `json:"v"`
	From    post.Address `json:"from"`
	To      post.Address `json:"to"`
	Number  int64        `json:"number"`
	Written int64        `json:"written"`
}

// name returns the name of the file on the medium.
func (h header) name() string { return fmt.Sprintf("%s_%s_%09d.jpki", h.From, h.To, h.Number) }

// purpose begins what is signed and what the encryption is bound to.
const purpose = "jpki sealed medium v1\n"

// seal makes a file of a batch.
func seal(h header, batch []post.Message, key ed25519.PrivateKey, to *ecdh.PublicKey) ([]byte, error) {
	plain, err := post.EncodeBatch(batch)
	if err != nil {
		return nil, err
	}
	first, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	recipient, err := hpke.NewDHKEMPublicKey(to)
	if err != nil {
		return nil, err
	}
	bound := purpose + string(first) + "\n"
	sealed, err := hpke.Seal(recipient, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(bound), plain)
	if err != nil {
		return nil, err
	}
	signature := ed25519.Sign(key, append([]byte(bound), sealed...))
	return fmt.Appendf(nil, "%s\n%s\n%s", first, base64.StdEncoding.EncodeToString(signature), sealed), nil
}

// file is a file taken apart, not yet checked.
type file struct {
	header
	first     []byte // the first line as it stands there
	signature []byte
	sealed    []byte
}

// parse takes a file apart. What has not the form of one is the fault "post.medium_altered".
func parse(data []byte) (f file, err error) {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	encoded, sealed, whole := bytes.Cut(rest, []byte("\n"))
	f.first, f.sealed = first, sealed
	f.signature, err = base64.StdEncoding.Strict().DecodeString(string(encoded))
	if err != nil || !whole || json.Unmarshal(first, &f.header) != nil {
		return file{}, fault.New(fault.Invalid, "post.medium_altered")
	}
	again, err := json.Marshal(f.header)
	if err != nil || !bytes.Equal(again, first) || f.Version != 1 || f.Number < 1 || !f.From.Valid() || !f.To.Valid() {
		return file{}, fault.New(fault.Invalid, "post.medium_altered")
	}
	return f, nil
}

// genuine reports whether the sender signed the file as it is.
func (f file) genuine(sender ed25519.PublicKey) bool {
	signed := append([]byte(purpose+string(f.first)+"\n"), f.sealed...)
	return len(sender) == ed25519.PublicKeySize && ed25519.Verify(sender, signed, f.signature)
}

// open decrypts the batch of a genuine file.
func (f file) open(key *ecdh.PrivateKey) ([]post.Message, error) {
	own, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, err
	}
	bound := purpose + string(f.first) + "\n"
	plain, err := hpke.Open(own, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(bound), f.sealed)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "post.medium_altered")
	}
	return post.DecodeBatch(plain, f.From, f.To)
}

func (h header) written() time.Time { return time.Unix(h.Written, 0).UTC() }
