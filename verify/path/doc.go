// Package path finds the certification path 認証パス from a certificate to a trust anchor and validates it, for any PKI.
//
//	for p := range path.Build(target, anchors, others) {
//		findings := path.Validate(p, path.Rules{At: now})
//		...
//	}
//
// [Build] proposes paths, the most likely first; [Validate] applies every rule of RFC 5280 §6.1 to one of them and says of
// each whether it holds. Whether a certificate is revoked is not asked here, see package status.
//
// The work is bounded whatever the certificates say: paths of [MaxLength] certificates, a limited number of proposals, a
// policy graph in place of the policy tree (a tree grows exponentially with mappings), a limited number of comparisons
// with name constraints.
//
// A trust anchor is given as a certificate. What it says of itself binds: validity, being a CA, key usage, path length and
// name constraints. A certificate of version 1 says nothing of itself and is trusted for everything.
//
// Spec: RFC 5280 §6.1
package path
