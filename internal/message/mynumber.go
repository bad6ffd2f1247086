package message

import "regexp"

// twelve are twelve digits of any script, in a row or in fours with a space or a dash between them, that are no part of a
// longer number and of no identifier.
var twelve = regexp.MustCompile(`(?:^|[^\p{Nd}A-Za-z])\p{Nd}{4}[ 　\-－‐]?\p{Nd}{4}[ 　\-－‐]?\p{Nd}{4}(?:[^\p{Nd}A-Za-z]|$)`)

// MayBeMyNumber reports whether a text that somebody typed may hold a My Number 個人番号, which has twelve digits. Offices
// refuse such a text wherever they take one: the number must stand nowhere in the system. Its check digit is not looked
// at: a number that was mistyped is nobody's business either.
//
// Req: R-GEN-02
func MayBeMyNumber(text string) bool { return twelve.MatchString(text) }
