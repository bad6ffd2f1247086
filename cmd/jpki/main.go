package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/openjpki/jpki/internal/locale"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e := env{args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
	code := run(ctx, e)
	stop()
	os.Exit(code)
}

// env is what a command sees of the world.
type env struct {
	args   []string
	stdin  *os.File
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
	now    func() time.Time
}

func (e env) lang() locale.Lang { return locale.FromEnv(e.getenv) }

// command is one line of the table of commands.
type command struct {
	name     string // "card show"
	args     string // what stands after the flags
	summary  string
	about    string // more, for its help
	examples []string
	run      func(context.Context, *invocation) error
}

// Exit statuses.
const (
	exitOK            = 0
	exitNotOK         = 1
	exitIndeterminate = 2
	exitCouldNot      = 3
)

// errNotOK ends a command whose finding is printed already: what it examined is not in order.
var errNotOK = errors.New("not in order")

// run runs the command that the arguments name and returns the exit status.
func run(ctx context.Context, e env) int {
	c, rest, ok := find(commands(), e.args)
	if !ok {
		fmt.Fprintf(e.stderr, "jpki: no command %q\n  next: run \"jpki help\" for the list of commands\n", strings.Join(e.args, " "))
		return exitCouldNot
	}
	in := &invocation{env: e, command: c, rest: rest, flags: flag.NewFlagSet("jpki "+c.name, flag.ContinueOnError)}
	in.flags.SetOutput(io.Discard)
	err := c.run(ctx, in)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, flag.ErrHelp):
		in.help(e.stdout)
		return exitOK
	case errors.Is(err, errNotOK):
		return exitNotOK
	case errors.Is(err, errIndeterminate):
		return exitIndeterminate
	}
	report(e, c, err)
	return exitCouldNot
}

// find returns the command with the longest name that the arguments begin with. No argument at all asks for help.
func find(table []command, args []string) (found command, rest []string, ok bool) {
	if len(args) == 0 {
		args = []string{"help"}
	}
	for _, c := range table {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name && len(c.name) > len(found.name) {
			found, rest, ok = c, args[len(words):], true
		}
	}
	return found, rest, ok
}

// invocation is one run of a command.
type invocation struct {
	env
	command command
	rest    []string // arguments after the command's name
	flags   *flag.FlagSet
}

// usageError says that the command line is not one of the command's.
type usageError struct{ problem string }

func (e usageError) Error() string { return e.problem }

// parse reads the flags, which the command has declared, and wants between least and most arguments after them.
func (in *invocation) parse(least, most int) error {
	if err := in.flags.Parse(in.rest); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return usageError{err.Error()}
	}
	if n := in.flags.NArg(); n < least || n > most {
		return usageError{fmt.Sprintf("%d arguments after the flags", n)}
	}
	return nil
}

// required makes a usage error of flags that were not given.
func (in *invocation) required(names ...string) error {
	for _, name := range names {
		if in.flags.Lookup(name).Value.String() == "" {
			return usageError{"flag -" + name + " is missing"}
		}
	}
	return nil
}

// help writes the manual of one command.
func (in *invocation) help(w io.Writer) {
	fmt.Fprintf(w, "%s\n\nusage: jpki %s\n", in.command.summary, strings.TrimSpace(in.command.name+" "+in.command.args))
	if in.command.about != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(in.command.about))
	}
	flags := 0
	in.flags.VisitAll(func(f *flag.Flag) {
		if flags++; flags == 1 {
			fmt.Fprint(w, "\nflags:\n")
		}
		kind, usage := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-22s %s\n", strings.TrimSpace("-"+f.Name+" "+kind), usage)
	})
	fmt.Fprint(w, "\nexamples:\n")
	for _, example := range in.command.examples {
		fmt.Fprintf(w, "  %s\n", example)
	}
}
