// Command jpki is the one program of the service: a table of commands, one file per group.
//
// Exit status: 0 done, 1 the thing examined is not in order, 2 nobody can say, 3 the command could not run. Errors go to
// standard error in the language of the locale (LC_ALL, LC_MESSAGES, LANG): what, where, why and what to do next.
// Results go to standard output, as JSON where -json is given.
package main
