// Package pdf reads and extends PDF 電子文書 files: objects, cross-references, revisions.
//
//	f, err := pdf.Open(r, size)
//	_, root, err := f.Catalog()
//	u, err := f.Update()
//	u.Set(ref, pdf.Dict{…})
//	revision, _, err := u.Bytes() // to be appended
//
// A file is read through an io.ReaderAt, object by object, where its cross-references lead: tables, streams, both beside
// each other, in any number of revisions, linearized or not; objects by themselves or in object streams. [File.Revisions]
// gives the file as it stood after each revision.
//
// Three invariants hold:
//
//   - what [Append] writes is read as the same object;
//   - an [Update] leaves every byte of the file as it is, and in the style that the file has;
//   - where readers are known to differ the file is refused, with the place: a dictionary key or cross-reference that stands
//     twice, an object that is not where it should be, a length that does not fit. Nothing is repaired.
//
// # Limits
//
// The constants bound depth, sizes and all work for one file. Encrypted files are recognised and refused. Of the filters
// FlateDecode is known, with PNG predictors, which cross-references and object streams use. Pages are not drawn.
//
// Spec: ISO 32000-1 §7
package pdf
