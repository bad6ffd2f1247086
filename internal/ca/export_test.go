package ca

// CheckProof is for tests of the reader alone.
var CheckProof = checkProof
