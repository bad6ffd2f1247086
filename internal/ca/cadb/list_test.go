package cadb_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/db/dbtest"
)

// The last list stands for each issuer and point, and is replaced.
func TestLastList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		first := ca.Issuer{ID: ca.IssuerID{Kind: jpki.SigningCA, Generation: 1}, Serial: 1, TBS: []byte{1}}
		second := ca.Issuer{ID: ca.IssuerID{Kind: jpki.SigningCA, Generation: 2}, Serial: 2, TBS: []byte{2}}
		lists := []ca.SignedList{
			{Issuer: first.ID, Point: "\x30\x00a", Number: 7, Digest: "d7"},
			{Issuer: first.ID, Point: "\x30\x00b", Number: 1, Digest: "d1"},
			{Issuer: second.ID, Point: "\x30\x00a", Number: 3, Digest: "d3"},
		}
		update(t, s, func(tx ca.Tx) error {
			for _, i := range []ca.Issuer{first, second} {
				if err := tx.AddIssuer(t.Context(), i); err != nil {
					return err
				}
			}
			for _, l := range lists {
				if err := tx.SetList(t.Context(), l); err != nil {
					return err
				}
			}
			lists[0].Number, lists[0].Digest = 8, "d8"
			return tx.SetList(t.Context(), lists[0])
		})
		err := s.View(t.Context(), func(tx ca.Tx) error {
			for _, want := range lists {
				got, ok, err := tx.LastList(t.Context(), want.Issuer, want.Point)
				if diff := cmp.Diff(want, got); err != nil || !ok || diff != "" {
					t.Errorf("LastList: %v, found %v, -want +got\n%s", err, ok, diff)
				}
			}
			if l, ok, err := tx.LastList(t.Context(), second.ID, "\x30\x00b"); ok || err != nil {
				t.Errorf("LastList of a point without one = %v, %v", l, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		unknown := lists[0]
		unknown.Issuer.Generation = 9
		if err := s.Update(t.Context(), func(tx ca.Tx) error { return tx.SetList(t.Context(), unknown) }); err == nil {
			t.Error("a list of an unknown issuer was recorded")
		}
	})
}
