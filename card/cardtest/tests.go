package cardtest

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // cards sign these digests too
	"crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"errors"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
)

func (c *terminal) testSelect() {
	if data := c.want(selectApplication, apdu.Success); len(data) != 0 {
		c.Errorf("SELECT with P2 = 0C returns %X, want nothing", data)
	}
	if data := c.want("00A404000AD392F00026010000000100", apdu.Success); len(data) == 0 || data[0] != 0x6F {
		c.Errorf("SELECT with P2 = 00 returns %X, want file control information", data)
	}
	c.want("00A4040C07A0000001160DB0", apdu.FileNotFound)
	c.want("00A404000CF276A288BCFBA69D34F31001", apdu.FileNotFound)
	c.want("00A4020C027FFF", apdu.FileNotFound)
	c.want("00A4000C023F00", apdu.FileNotFound)
	c.want("00A4020C02000A", apdu.Success)
}

func (c *terminal) testRefuse() {
	c.want("00010000", apdu.InstructionNotSupported, apdu.ClassNotSupported)
	c.want("F0B0000004", apdu.ClassNotSupported)
	c.want("00B0000004", apdu.NoCurrentFile)
	c.file("0018")
	c.want("00200180", apdu.WrongParameters)
}

func (c *terminal) testTokenInformation() {
	c.file("0006")
	got, err := card.ParseTokenInfo(c.read(160))
	if err != nil {
		c.Fatal(err)
	}
	if want := "JPKIAPICCTOKEN2"; got.Label != want {
		c.Errorf("label = %q, want %q", got.Label, want)
	}
}

func (c *terminal) testAvailability() {
	c.file("0008")
	if got, want := c.read(3), []byte{0x8F, 0x8F, 0x00}; !bytes.Equal(got, want) {
		c.Errorf("EF 0008 = %X, want %X", got, want)
	}
}

func (c *terminal) testRead() {
	c.readCertificate("0002")
	c.readCertificate("000B")
	whole := c.readCertificate("000A")
	if data := c.want("00B0000000", apdu.Success); !bytes.Equal(data, whole[:256]) {
		c.Errorf("READ BINARY with Le = 00 returns %d bytes, want the first 256", len(data))
	}
	if data := c.want("00B0010110", apdu.Success); !bytes.Equal(data, whole[0x101:0x111]) {
		c.Errorf("READ BINARY at 0101 = %X, want %X", data, whole[0x101:0x111])
	}
	c.file("0006")
	if data := c.want("00B08A2010", apdu.Success); !bytes.Equal(data, whole[0x20:0x30]) {
		c.Errorf("READ BINARY of short file 0A at 20 = %X, want %X", data, whole[0x20:0x30])
	}
	if data := c.want("00B0000004", apdu.Success); !bytes.Equal(data, whole[:4]) {
		c.Errorf("after a short file identifier the current file begins %X, want %X", data, whole[:4])
	}
	c.want("00B07FFF01", apdu.WrongOffset)
}

func (c *terminal) testSignatureCertificate() {
	signature, authentication := c.keys()[0], c.keys()[1]
	c.file("0001")
	c.want("00B0000004", apdu.SecurityNotSatisfied)
	c.want("00B0810004", apdu.SecurityNotSatisfied)
	c.want(authentication.verify(authentication.code), apdu.Success)
	c.want("00B0810004", apdu.SecurityNotSatisfied)
	c.want(signature.verify(signature.code), apdu.Success)
	c.readCertificate("0001")
}

func (c *terminal) testTries() {
	for _, k := range c.keys() {
		full, less := apdu.PINRetries(k.tries), apdu.PINRetries(k.tries-1)
		c.want(k.query(), full)
		c.want(k.query(), full)
		c.want(k.verify(k.wrong), less)
		c.want(k.query(), less)
		c.restart()
		c.file(k.pin)
		c.want("00200080", less)
		c.want("00200080"+field(k.code), apdu.Success)
		c.want("00200080", full)
	}
}

func (c *terminal) testSigningNeedsPIN() {
	for _, k := range c.keys() {
		c.want(k.sign([]byte{1}), apdu.SecurityNotSatisfied)
		c.want(k.verify(k.code), apdu.Success)
		c.want(k.sign([]byte{1}), apdu.Success)
		c.want(k.verify(k.wrong), apdu.PINRetries(k.tries-1))
		c.want(k.sign([]byte{1}), apdu.SecurityNotSatisfied)
		c.want(k.verify(k.code), apdu.Success)
	}
}

func (c *terminal) testSign() {
	for _, k := range c.keys() {
		c.want(k.verify(k.code), apdu.Success)
		public := c.publicKey(k)
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			h := hash.New()
			h.Write([]byte("signed on a card"))
			digest := h.Sum(nil)
			info, err := card.DigestInfo(hash, digest)
			if err != nil {
				c.Fatal(err)
			}
			c.file(k.key)
			signature := c.want("802A0080"+field(string(info))+"00", apdu.Success)
			if err := rsa.VerifyPKCS1v15(public, hash, digest, signature); err != nil {
				c.Errorf("%s key, %v: %v", k.name, hash, err)
			}
		}
		for _, size := range []int{1, 32, 245} {
			data := bytes.Repeat([]byte{0xA5}, size)
			signature := c.want(k.sign(data), apdu.Success)
			if err := rsa.VerifyPKCS1v15(public, crypto.Hash(0), data, signature); err != nil {
				c.Errorf("%s key, %d bytes as they come: %v", k.name, size, err)
			}
		}
	}
}

func (c *terminal) publicKey(k key) *rsa.PublicKey {
	c.Helper()
	certificate, err := x509.ParseCertificate(c.readCertificate(k.certificate))
	if err != nil {
		c.Fatal(err)
	}
	public, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok || public.Size() != 256 {
		c.Fatalf("certificate in EF %s is not for RSA-2048", k.certificate)
	}
	return public
}

func (c *terminal) testSigningRefuses() {
	for _, k := range c.keys() {
		c.want(k.verify(k.code), apdu.Success)
		c.file(k.key)
		c.want("002A0080010100", apdu.ClassNotSupported, apdu.InstructionNotSupported)
		c.want("802A0780010100", apdu.WrongParameters)
		c.want("802A0080"+field(string(make([]byte, 246)))+"00", apdu.WrongLength, apdu.ConditionsNotSatisfied)
	}
}

func (c *terminal) testIndependent() {
	keys := c.keys()
	for i, k := range keys {
		other := keys[1-i]
		c.restart()
		c.want(k.verify(k.code), apdu.Success)
		c.want(other.sign([]byte{1}), apdu.SecurityNotSatisfied)
		c.want(other.change(other.next), apdu.SecurityNotSatisfied)
		c.want(other.verify(other.wrong), apdu.PINRetries(other.tries-1))
		c.want(k.query(), apdu.PINRetries(k.tries))
		c.want(k.sign([]byte{1}), apdu.Success)
		c.want(other.verify(other.code), apdu.Success)
		c.want(k.sign([]byte{1}), apdu.Success)
	}
}

func (c *terminal) testVolatile() {
	for _, k := range c.keys() {
		c.want(k.verify(k.code), apdu.Success)
		c.want(selectApplication, apdu.Success)
		c.want(k.sign([]byte{1}), apdu.SecurityNotSatisfied)
		c.want(k.verify(k.code), apdu.Success)
		c.restart()
		c.want(k.sign([]byte{1}), apdu.SecurityNotSatisfied)
		c.want(k.change(k.next), apdu.SecurityNotSatisfied)
	}
}

func (c *terminal) testChangePIN() {
	for _, k := range c.keys() {
		c.want(k.change(k.next), apdu.SecurityNotSatisfied)
		c.want(k.verify(k.code), apdu.Success)
		c.want(k.change(k.illegal), apdu.WrongData, apdu.WrongLength)
		c.want(k.change(k.next), apdu.Success)
		c.restart()
		c.want(k.verify(k.code), apdu.PINRetries(k.tries-1))
		c.file(k.pin)
		c.want("00200080"+field(k.next), apdu.Success)
		c.want("00240180"+field(k.code), apdu.Success)
		c.restart()
		c.want(k.verify(k.code), apdu.Success)
	}
}

// testClient drives the card by package card.
func (c *terminal) testClient() {
	opened, err := card.Open(c.Context(), c.Transmitter)
	if err != nil {
		c.Fatal(err)
	}
	digest := sha256.Sum256([]byte("signed on a card"))
	for _, k := range c.keys() {
		prompt := func(key card.Key, retries int) (string, error) {
			if key != k.name || retries != k.tries {
				c.Errorf("prompt for %s PIN with %d tries, want %s, %d", key, retries, k.name, k.tries)
			}
			return k.code, nil
		}
		signer, err := opened.Signer(c.Context(), k.name, prompt)
		if err != nil {
			c.Fatal(err)
		}
		signature, err := signer.Sign(nil, digest[:], crypto.SHA256)
		if err == nil {
			err = rsa.VerifyPKCS1v15(signer.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature)
		}
		if err != nil {
			c.Errorf("%s key: %v", k.name, err)
		}
	}
	err = opened.Verify(c.Context(), card.Authentication, c.keys()[1].wrong)
	if wrong, ok := errors.AsType[*card.PINError](err); !ok || wrong.Retries != 2 {
		c.Errorf("Verify of a wrong PIN = %v, want two tries left", err)
	}
	if err := opened.Verify(c.Context(), card.Authentication, c.AuthenticationPIN); err != nil {
		c.Error(err)
	}
}

// testBlock uses up all tries, which no holder can undo.
func (c *terminal) testBlock() {
	if !c.Expendable {
		c.Log("the card is not expendable: its PINs are not blocked")
		return
	}
	for _, k := range c.keys() {
		c.want(k.verify(k.code), apdu.Success)
		for left := k.tries - 1; left >= 0; left-- {
			c.want(k.verify(k.wrong), apdu.PINRetries(left))
		}
		for range 2 {
			c.want(k.verify(k.code), apdu.ReferenceDataNotUsable, apdu.AuthenticationBlocked)
			c.want(k.verify(k.wrong), apdu.ReferenceDataNotUsable, apdu.AuthenticationBlocked)
			c.want(k.query(), apdu.PINRetries(0))
			c.want(k.sign([]byte{1}), apdu.SecurityNotSatisfied)
			c.restart()
		}
	}
}
