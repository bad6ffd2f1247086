// Package pades makes and finds signatures 電子署名 in PDF files.
//
//	s, err := pades.New(pades.Config{Key: key, Certificate: certificate, Chain: [][]byte{ca}})
//	err = s.Sign(out, in, size, pades.Details{Time: time.Now(), Reason: "承諾"})
//
//	d, err := pades.Open(in, size)
//	for _, s := range d.Signatures {
//		err := s.CheckRange()
//		changes, err := s.Changes()
//	}
//
// # Making
//
// The form is the PAdES baseline signature of level B: a revision is appended to the file with a signature field that
// shows nothing, and a CMS signature over every byte of the file but its own. The time stands in the signature
// dictionary, not in the CMS. Texts may hold any character. Fields and signatures that are there stay as they are.
//
// A file is refused if it is encrypted or damaged, if its author certified that nothing may be added ([ErrCertified]), or
// if its form is drawn by a script that would not show the new field ([ErrXFA]).
//
// # Finding
//
// [Open] finds every signature in every revision, also one that a later revision took away. Nothing is believed:
// [Signature.CheckRange] wants the signature to cover all of its revision but itself, and [Signature.Changes] says what
// the revisions after it changed. Whoever needs a verdict asks package verify.
//
// The known attacks change what is shown and leave the signed bytes alone: a second file in front of the range, a range
// with holes (universal signature forgery), objects of the page or fonts written anew, or cross-references bent to
// objects that were hidden in the file when it was signed (shadow attacks). The range is therefore compared with the place
// of this very signature; objects are compared one by one between the signed revision and the newest, each named by what
// uses it; and an entry of a later revision that leads into the signed bytes is named as hidden.
//
// # Limits
//
// Time stamps and revocation data of the levels T, LT and LTA are not made here; those found are named as evidence. Pages
// are not drawn: an annotation that covers text is named as an annotation. The file is read twice or more, never held.
//
// Spec: ETSI EN 319 142-1 §6
// Spec: ISO 32000-1 §12.8
package pades
