// Package revocationdb keeps the register, the orders and the records of the validity service 失効情報 in its own
// database, with the audit log in the same transactions. It decides nothing. The published lists themselves are files.
package revocationdb
