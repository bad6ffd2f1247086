package app

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/openjpki/jpki/card"
)

// municipality holds the secrets of the municipal office of the sandbox.
type municipality struct {
	// Master is what counter and kiosk share, see [card.MasterKey].
	Master masterKey `json:"master"`
	// Transport is what the manufacturer derives each card's transport key from.
	Transport []byte `json:"transport"`
}

type masterKey struct {
	Version uint32 `json:"version"`
	Secret  []byte `json:"secret"`
}

func (m masterKey) key() card.MasterKey {
	return card.MasterKey{Version: m.Version, Secret: card.Secret(m.Secret)}
}

// municipality reads the office's secrets, made on first use.
func (s *Sandbox) municipality() (m municipality, err error) {
	text, err := s.secret("counter/keys.json", func() (string, error) {
		made, err := json.Marshal(municipality{masterKey{1, random(32)}, random(32)})
		return string(made), err
	})
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil || len(m.Master.Secret) != 32 || len(m.Transport) != 32 {
		return m, fmt.Errorf("reading the office's keys: the file is damaged")
	}
	return m, nil
}

// transportKey returns the transport key 搬送鍵 of one card.
func (m municipality) transportKey(cardSerial string) (card.Secret, error) {
	key, err := hkdf.Key(sha256.New, m.Transport, nil, "openjpki/1 transport key "+cardSerial, 32)
	if err != nil {
		return card.Secret{}, err
	}
	return card.Secret(key), nil
}
