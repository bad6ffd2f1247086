// Package spec keeps the code and its sources together: the requirements, the glossary, the index of laws and
// standards, and the comments all over the module that refer to them. README.md has the lists and the grammar.
//
// [Load] reads the lists and every comment of a module and reports each reference that leads nowhere. The test at the
// module's root fails on the first; the command spec/reqs joins the references with the tests that ran.
//
// The package serves this project's own checks; it promises nothing to other modules.
package spec
