// Package counterdb keeps the cases, orders and notices of a municipal counter 受付窓口 in its own database, with the audit
// log in the same transactions. It decides nothing. What names a person stands in the columns papers, identity,
// certificate and pkcs10, which are emptied when their time is over.
package counterdb
