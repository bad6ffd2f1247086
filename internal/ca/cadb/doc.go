// Package cadb keeps the CA's issuers and record of issues 発行記録 in the CA's own database, with the audit log in the
// same transactions. It decides nothing.
package cadb
