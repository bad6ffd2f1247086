// Package judges is the room where programs that others wrote judge what this module emits (第三者のプログラムによる検査).
// It holds tests only, all under the build tag judges:
//
//	go test -count=1 -tags judges ./judges
//
// Without -count=1 the go command may repeat an older result: it does not see that a program has changed.
//
// The programs come from Debian; programs.txt says which package brings which. A program that is missing makes its
// tests fail, with the package to install: nothing here is skipped. Without the tag the room is empty, so that
// go test ./... needs Go alone.
//
// # How a judge is heard
//
//   - An exit code proves nothing alone. A judge accepts only if exit code and text both say so, and when it refuses,
//     the test compares the reason. An answer that fits neither fails the test.
//   - Every judge that accepts what we emit also sees the same thing altered, and must refuse it for the right reason:
//     only then is its approval worth something.
//   - Where a judge does not look, the table says so by "accepted" on the altered thing, with a comment. A judge that
//     begins to look thus makes the test fail, and the table is corrected.
//
// # The room
//
//   - certificates_test.go: the tests of certificates, and how others read them.
//   - pathcases_test.go: certificates, good and altered, and the verdict of each judge.
//   - pathjudges_test.go: the judges of certification paths, with testdata/PathJudge.java.
//   - family_test.go: makes CAs and certificates with fresh keys.
//   - card_*_test.go: what PC/SC and PKCS #11 programs do with cards: find and read them (object), give PINs (pin), sign
//     (sign, cms), log in (login), break the rules (hostile), lose the card (pull), use it after a re-issue (tour). Every
//     test runs with our PC/SC service and with pcscd (service), on cards that a whole sandbox has made (holder).
//   - pdf_test.go, pdf_foreign_test.go: seventy documents of many programs, signed and judged; what others sign or append.
//   - program_test.go: finds and runs programs.
//
// Programs run with an environment of their own, an empty home and a limit of time, and reach for no network.
//
// Spec: RFC 5280 §6
package judges
