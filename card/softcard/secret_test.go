package softcard_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/openjpki/jpki/card/cardtest"
)

// file is the state file, as far as the tests look into it.
type file struct {
	Transport struct {
		Key   []byte
		Tries int
	} `json:"transportKey"`
	Permit struct {
		Kiosk struct {
			Key   []byte
			Tries int
		} `json:"kioskKey"`
		Loading []byte `json:"loadingKey"`
	}
	Signature, Authentication fileSlot
}

type fileSlot struct {
	PIN struct {
		Value []byte
		Tries int
	}
	Key, Pending, Certificate, CA, Proof []byte
}

// slots returns both slots, for signatures and for authentication.
func (f file) slots() [2]fileSlot { return [2]fileSlot{f.Signature, f.Authentication} }

func readFile(t testing.TB, path string) file {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// secretsOf returns all secrets in the state file of chip.
func secretsOf(t testing.TB, chip *cardtest.Chip) map[string][]byte {
	t.Helper()
	f := readFile(t, chip.Path)
	return map[string][]byte{
		"transport key":      f.Transport.Key,
		"kiosk key":          f.Permit.Kiosk.Key,
		"loading key":        f.Permit.Loading,
		"signature PIN":      f.Signature.PIN.Value,
		"authentication PIN": f.Authentication.PIN.Value,
		"signature key":      f.Signature.Key,
		"authentication key": f.Authentication.Key,
		"waiting keys":       append(f.Signature.Pending, f.Authentication.Pending...),
	}
}

// leaks reports whether data holds 16 successive bytes of a secret number of key,
// in either byte order.
func leaks(data []byte, key *rsa.PrivateKey) bool {
	var numbers [][]byte
	for _, n := range [][]byte{
		key.Primes[0].Bytes(), key.Primes[1].Bytes(), key.D.Bytes(),
		key.Precomputed.Dp.Bytes(), key.Precomputed.Dq.Bytes(), key.Precomputed.Qinv.Bytes(),
	} {
		reversed := slices.Clone(n)
		slices.Reverse(reversed)
		numbers = append(numbers, n, reversed)
	}
	const window = 16
	for i := 0; i+window <= len(data); i++ {
		for _, n := range numbers {
			if bytes.Contains(n, data[i:i+window]) {
				return true
			}
		}
	}
	return false
}
