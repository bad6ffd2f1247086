package sim

// Residents are those of a nation.
var Residents = residents
