package kiosk

// Erase is erase: what it zeroes can be seen from nowhere else.
var Erase = erase
