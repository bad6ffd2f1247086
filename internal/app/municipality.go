package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/openjpki/jpki/card"
)

// municipality holds the secrets of a municipal office. It is a counter.Secrets.
type municipality struct {
	// Keys are the versions of the master key that counter and kiosk share, the newest last, see [card.MasterKey].
	Keys []masterKey `json:"master"`
	// manufacturer is what the transport key of each card is derived from, the same for all offices: residents move.
	manufacturer []byte
}

type masterKey struct {
	Version uint32 `json:"version"`
	Secret  []byte `json:"secret"`
}

func (m masterKey) key() card.MasterKey {
	return card.MasterKey{Version: m.Version, Secret: card.Secret(m.Secret)}
}

// municipality reads the office's secrets, made on first use.
func (p place) municipality(manufacturer []byte) (m municipality, err error) {
	text, err := p.secret("keys.json", func() (string, error) {
		made, err := json.Marshal(municipality{Keys: []masterKey{{1, random(32)}}})
		return string(made), err
	})
	if err != nil {
		return m, err
	}
	damaged := fmt.Errorf("reading the keys of %s: the file is damaged", p.office)
	if err := json.Unmarshal([]byte(text), &m); err != nil || len(m.Keys) == 0 {
		return m, damaged
	}
	for _, k := range m.Keys {
		if len(k.Secret) != len(card.Secret{}) {
			return m, damaged
		}
	}
	m.manufacturer = manufacturer
	return m, nil
}

// Master returns the newest version of the master key.
func (m municipality) Master(context.Context) (card.MasterKey, error) {
	return m.Keys[len(m.Keys)-1].key(), nil
}

// masters returns all versions, for a kiosk.
func (m municipality) masters() []card.MasterKey {
	var keys []card.MasterKey
	for _, k := range m.Keys {
		keys = append(keys, k.key())
	}
	return keys
}

// Transport returns the transport key 搬送鍵 of one card.
func (m municipality) Transport(_ context.Context, cardSerial string) (card.Secret, error) {
	key, err := hkdf.Key(sha256.New, m.manufacturer, nil, "openjpki/1 transport key "+cardSerial, 32)
	if err != nil {
		return card.Secret{}, err
	}
	return card.Secret(key), nil
}
