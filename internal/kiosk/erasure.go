package kiosk

// Completeness is how much of a private key is erased (鍵ペアの即時消去).
type Completeness string

const (
	// Complete: no copy is left in the memory of the process.
	Complete Completeness = "complete"
	// Partial: the key and its encoding are zeroed; copies that libraries made while they worked may stay. A machine
	// that serves people is not built so.
	Partial Completeness = "partial"
)
