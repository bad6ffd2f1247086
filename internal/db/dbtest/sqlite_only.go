//go:build !judges

package dbtest

// servers is empty: a server is a foreign program, and only the judges start those.
func servers() []Engine { return nil }
