// Package registrydb keeps the resident register and its list of certificate holders in the register's own database,
// with the audit log in the same transactions. It decides nothing. Attributes are stored by their key, see
// [message.Attributes.Key].
package registrydb
