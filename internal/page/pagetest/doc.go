// Package pagetest shows pages to a real browser (画面の検査): Chromium, driven without a library over the pipe of its DevTools
// protocol. It looks at what visitors meet: without scripts, in the dark, in forced colours, at 320 px, by keyboard alone,
// through a screen reader's tree; and axe-core judges the page by the rules of WCAG 2.2 A and AA that a machine can check.
//
// A test of screens is named TestScreen…, has the build tag judges, and looks like this:
//
//	b := pagetest.Open(t)
//	w := b.Visit(t, url+"/story", pagetest.Look{Width: 320})
//	w.Type("受付番号", "A-1")
//	w.Follow("button", "次へ進む")
//	w.Accessible()
//	w.Fits()
//	w.Screenshot("story-320")
//
// A [Visitor] is the other way to look: forms sent and pages read over HTTP, without a browser and without the build tag.
//
// What the page writes to the console as an error and what its content security policy blocks fails the test at its end.
// "make screens" leaves the pictures in bin/screens.
//
// testdata/axe holds axe-core 4.14.1 (npm package axe-core, file axe.min.js, licence MPL-2.0) as it was published.
//
// # Limits
//
// Chromium alone. axe finds part of what is wrong; the walk by keyboard, the tree and the pictures are for people to read.
//
// Spec: WCAG 2.2
package pagetest
