// Package cardtest tests JPKI cards (適合性試験) and makes virtual ones for the
// tests of other packages.
//
// [Run] is the one list of what a JPKI card must do as seen through its
// commands: for package softcard, for a softcard behind any transport, and for a
// real test card. [New] makes a complete virtual card; [Blank] and the methods
// of [Chip] make one step by step, as manufacturer, counter and kiosk do.
//
// The certificates come from throw-away authorities with plainly false names;
// they have the shape clients need, not the profile of the service.
package cardtest
