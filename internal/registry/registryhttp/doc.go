// Package registryhttp is the resident register 住民基本台帳 on the wire: what counters and municipalities ask it, over
// package line. The asking office is the one that its certificate names; the register's own table says which may ask what.
//
// A question may be asked again. All of them change nothing the second time, but [Client.ExportByMedium], which has one more
// letter written.
package registryhttp
