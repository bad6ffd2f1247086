// Package counterhttp is the municipal counter 受付窓口 on the wire: what a clerk's terminal asks it, over package line. The
// server is [Handle]; the [Client] has the methods of the office, without the reader: the counter reaches back to the card
// in the terminal's reader by itself.
//
// Only the terminals of the municipality are served, by the address in their certificates: "terminal-99201" and
// "terminal-99201-3" are those of the counter "counter-99201".
package counterhttp
