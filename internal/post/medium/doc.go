// Package medium carries the post between two offices (庁間の送達) that no network joins: on a sealed file that one side
// writes to a medium and the other imports and then erases. In 2003 the medium was a floppy disk (FD) from the terminal of
// the resident register to the terminal of the counter; today it is whatever both can mount as a folder.
//
// # The file
//
// Three parts: a line of JSON that says from whom, to whom and which in their sequence; a line with the sender's Ed25519
// signature in base64; the batch, encrypted to the receiver. The signature covers the first line and the encrypted batch;
// the encryption is bound to the first line.
//
//	{"v":1,"from":"registry-99201","to":"counter-99201","number":7,"written":1775001600}
//
// The files of one sender to one receiver are numbered from 1 without a gap. [Reader.Import] takes the next number and no
// other: a file that was altered, one for somebody else, one that was imported before and one whose forerunner is missing
// are refused with the reason, and stay.
//
// # One way
//
// Nothing comes back. The sender's receipt says that the medium holds the batch; the receiver's refusals are dead letters
// in the receiver's inbox. The sender keeps its last files, so that one that was lost on the way can be written again
// ([Writer.Rewrite]). They are encrypted: the sender itself cannot read them.
//
// A file is overwritten before it is removed. On a medium that moves its blocks about that is no promise; that is why the
// batch is encrypted.
//
// Spec: RFC 8032 §5.1; RFC 9180 §6.1
package medium
