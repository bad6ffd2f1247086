package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
)

// commands is the table of commands, in the order of help.
func commands() []command {
	return []command{
		{
			name: "up", args: "[-data DIR] [-listen ADDRESS] [-seed N] [-residents N] [-access open]", run: up,
			summary: "run a whole nation on this machine until interrupted",
			about: "A new data folder gets a nation with residents, of whom some have cards and a story: revoked, expired, on hold and so\n" +
				"on. /sandbox.json tells scripts what there is, POST /clock {\"advance\":\"24h\"} moves the nation's clock. The first line\n" +
				"on standard output says that it is ready, and where to look. A folder that was run before goes on where it stopped.",
			examples: []string{"jpki up", "jpki up -data other -listen 127.0.0.1:8090 -seed 7 -residents 1000"},
		},
		{
			name: "vcard new", args: "-data DIR -person ID [flags]", run: vcardNew,
			summary: "take a test person through all offices to a virtual card",
			about: "The data folder and its offices are made on first use. Without -name and the like a visibly invented person is\n" +
				"taken. A run that was stopped is continued by the same command.",
			examples: []string{
				"jpki vcard new -data nation -person hanako",
				"jpki vcard new -data nation -person taro -name '見本　太郎' -birth 1980-02-17 -sex male -pin-auth 0000 -pin-sign TEST01 -json",
			},
		},
		{
			name: "vcard run", args: "-data DIR -person ID [-person ID …] [-socket PATH | -pcscd]", run: vcardRun,
			summary: "put virtual cards into readers until interrupted",
			about: "Without -pcscd this process is the PC/SC service: programs find it by the variable that the first line\n" +
				"prints. With -pcscd the card goes into the virtual reader of a running pcscd (package vsmartcard-vpcd).",
			examples: []string{
				"jpki vcard run -data nation -person hanako -socket nation/pcsc",
				"jpki vcard run -data nation -person hanako -person taro -socket nation/two",
				"jpki vcard run -data nation -person hanako -pcscd",
			},
		},
		{
			name: "card list", args: "[-json]", run: cardList,
			summary:  "list readers and the cards in them",
			examples: []string{"jpki card list"},
		},
		{
			name: "card show", args: "[-reader NAME | -data DIR -person ID] [-sign] [-json]", run: cardShow,
			summary:  "show what is on a card: token, PIN tries, certificates",
			about:    "The signing certificate holds personal data; the card shows it only after the signature PIN (-sign).",
			examples: []string{"jpki card show", "jpki card show -data nation -person hanako"},
		},
		{
			name: "card pin", args: "[-reader NAME | -data DIR -person ID] -key auth|sign [-change]", run: cardPIN,
			summary: "show how many tries a PIN has left, or change it",
			about:   "Asking costs no try. The last try of a PIN is never used without asking.",
			examples: []string{
				"jpki card pin -data nation -person hanako -key auth",
				"jpki card pin -data nation -person hanako -key auth -change -pin-env OLD -new-pin-env NEW",
			},
		},
		{
			name: "card sign", args: "[-reader NAME | -data DIR -person ID] -key auth|sign -digest HEX", run: cardSign,
			summary:  "make a raw PKCS #1 signature over a digest, inside the card",
			about:    "The length of the digest tells the hash: 20 bytes SHA-1, 32 SHA-256, 48 SHA-384, 64 SHA-512. Without -out the\nsignature is printed in hexadecimal.",
			examples: []string{"jpki card sign -data nation -person hanako -key auth -pin-env PIN -digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		},
		{
			name: "card export", args: "[-reader NAME | -data DIR -person ID] -file auth|auth-ca|sign|sign-ca", run: cardExport,
			summary: "copy a certificate from a card",
			examples: []string{
				"jpki card export -data nation -person hanako -file auth-ca",
				"jpki card export -data nation -person hanako -file sign -pin-env PIN -der -out sign.cer",
			},
		},
		{
			name: "sign", args: "-format cms|pdf [-detached] -in FILE -out FILE (-data DIR -person ID | -reader NAME)", run: sign,
			summary: "sign a file with the signature key of a card",
			about: "The signature is CAdES baseline B, in a PDF PAdES baseline B. The PIN is asked for, or taken from the variable that\n" +
				"-pin-env names. A PDF is not changed but continued; one that is encrypted or damaged is refused.",
			examples: []string{
				"jpki sign -format cms -detached -in contract.txt -out contract.p7s -data nation -person hanako -pin-env PIN",
				"jpki sign -format cms -in contract.txt -out contract.p7m -data nation -person hanako -pin-env PIN",
				"jpki sign -format pdf -in contract.pdf -out signed.pdf -reason 承諾 -data nation -person hanako -pin-env PIN",
			},
		},
		{
			name: "cert show", args: "[-json | -dump] FILE", run: certShow,
			summary: "show a JPKI certificate of any kind, real or test, PEM or DER",
			examples: []string{
				"jpki cert show nation/ca/sign.pem",
				"jpki cert show -json nation/ca/auth.pem",
			},
		},
		{
			name: "verify", args: "[-data DIR | -trust PEM …] [-crl FILE …] [-ocsp FILE …] [-content FILE] FILE", run: verifyFile,
			summary: "judge the signatures in a PDF, a signature file (CMS) or a certificate of a card",
			about: "Exit status 0: passed, 1: failed, 2: nobody can say, 3: could not run. Every check is listed with its clause,\n" +
				"evidence and cure. Without CRL or OCSP nobody can say whether the certificate is revoked.",
			examples: []string{
				"jpki verify -data nation -content contract.txt contract.p7s",
				"jpki verify -json -trust nation/ca/sign.pem contract.p7m",
				"jpki verify -data nation signed.pdf",
			},
		},
		{
			name: "cert verify", args: "-trust PEM … [-untrusted PEM …] [-crl FILE …] [flags] CERT", run: certVerify,
			summary: "validate a certificate of any PKI by RFC 5280",
			about:   "Without -crl and -ocsp revocation is not looked at, and the report says so.",
			examples: []string{
				"jpki cert verify -trust nation/ca/auth.pem -eku clientAuth auth.pem",
				"jpki cert verify -trust nation/ca/auth.pem -policy-oid 1.2.392.200149.8.5.1.0.30 -explicit-policy auth.pem",
			},
		},
		{
			name: "crl show", args: "[-json] [-serial HEX] FILE", run: crlShow,
			summary: "show a revocation list (CRL) of any PKI and size, PEM or DER, or look one certificate up",
			about: "The signature on the list is not judged: \"jpki verify -crl\" does that. With -serial the exit status is 1 if the\n" +
				"certificate is on the list.",
			examples: []string{"jpki crl show mihon.crl", "jpki crl show -json -serial 067C6A80 mihon.crl"},
		},
		{
			name: "ocsp query", args: "-issuer PEM -cert PEM -url URL [-nonce] [-sha256] [-at TIME] [-out FILE] [-json]", run: ocspQuery,
			summary: "ask an OCSP responder for the status of a certificate, and judge its answer",
			about: "The answer counts if the issuer's key or a responder appointed with it signed it, if it is current, and if it repeats\n" +
				"the nonce where one was sent. Exit status 0: good, 1: revoked or unknown, 2: no answer counts, 3: could not run.",
			examples: []string{
				"jpki ocsp query -issuer auth-ca.pem -cert auth.pem -url $OCSP -nonce -out answer.der",
				"jpki ocsp query -issuer auth-ca.pem -cert auth.pem -url $OCSP -sha256 -json",
			},
		},
		{
			name: "ocsp show", args: "[-json] FILE", run: ocspShow,
			summary:  "show an OCSP response as it stands, PEM or DER",
			about:    "Nothing in it is judged: \"jpki ocsp query\" and \"jpki verify -ocsp\" do that.",
			examples: []string{"jpki ocsp show answer.der"},
		},
		{
			name: "tour", args: "-out DIR [-pdf FILE]", run: makeTour,
			summary: "the whole life of a certificate, step by step, with evidence that other programs can judge",
			about: "A nation of its own is founded in DIR/nation, its clock two days back. A resident gets her certificates, signs\n" +
				"the document, moves, and the signature does not hold any more. DIR/report.json has every step; DIR/judge.sh asks\n" +
				"OpenSSL, GnuTLS, NSS and Botan.",
			examples: []string{"jpki tour -out tour", "jpki tour -out tour -pdf contract.pdf"},
		},
		{
			name: "serve", args: "-config FILE | -example ROLE", run: serve,
			summary: "run one office as a process of its own",
			about: "The offices reach each other by mutual TLS, with certificates from \"jpki ca office-cert\". ROLE is ca, revocation,\n" +
				"registry, link, counter, kiosk or terminal. The first line on standard output says that the office can be reached.",
			examples: []string{"jpki serve -example ca", "jpki serve -config ca.json"},
		},
		{
			name: "ca office-cert", args: "-config FILE -office ADDRESS [-host NAME …] -out DIR", run: certifyOffice,
			summary:  "make a key and a certificate by which the other offices know an office",
			about:    "Run it where the CA runs, with the CA's configuration. The certificate lives ninety days.",
			examples: []string{"jpki ca office-cert -config ca.json -office counter-99201 -host 127.0.0.1 -out counter-99201"},
		},
		{
			name: "doctor", args: "[-reader NAME] [-pcsc PATH]", run: doctor,
			summary:  "find the broken link between this machine and a card",
			about:    "It looks at PC/SC service, reader, card, application, files and PINs in turn, and names the first that fails.",
			examples: []string{"jpki doctor"},
		},
		{
			name: "audit verify", args: "-data DIR [-office ADDRESS] [-key FILE] [-against FILE …] [-keep FILE]", run: auditVerify,
			summary: "check the audit log of an office, else the CA's: nothing changed, removed or cut off",
			about: "With -keep the signed head of the log is written to a file. Keep it outside the office, with a copy of\n" +
				"DIR/ca/audit.pub: later -against and -key find out whether the whole database was set back, or made anew.",
			examples: []string{
				"jpki audit verify -data nation -keep head.txt",
				"jpki audit verify -data nation -key audit.pub -against head.txt",
			},
		},
		{
			name: "check", args: "-data DIR [-json]", run: checkAll,
			summary: "examine independently all that was issued and published",
			about: "Every certificate is judged again with the code of those who verify, and held against its record: signature,\n" +
				"profile, serial number, and that nobody has two certificates of one kind in force. Every revocation must stand on\n" +
				"exactly the list that its certificate names, and nothing else on any list.",
			examples: []string{"jpki check -data nation"},
		},
		{
			name: "completion", args: "bash", run: completion,
			summary: "print the completion of commands and flags for a shell", examples: []string{"jpki completion bash"},
		},
		{name: "version", run: version, summary: "print the version of this program", examples: []string{"jpki version"}},
		{name: "help", args: "[COMMAND]", run: help, summary: "list the commands, or explain one", examples: []string{"jpki help", "jpki help vcard new"}},
	}
}

func help(ctx context.Context, in *invocation) error {
	if err := in.parse(0, 3); err != nil {
		return err
	}
	if in.flags.NArg() > 0 {
		if _, _, ok := find(commands(), in.flags.Args()); !ok {
			return usageError{"there is no command " + strings.Join(in.flags.Args(), " ")}
		}
		in.args = append(in.flags.Args(), "-help")
		run(ctx, in.env)
		return nil
	}
	fmt.Fprint(in.stdout, "jpki: 公的個人認証サービス (JPKI) as one open program\n\nusage: jpki COMMAND [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(in.stdout, "  %-14s %s\n", c.name, c.summary)
	}
	fmt.Fprint(in.stdout, "\n\"jpki help COMMAND\" explains a command and shows examples.\n")
	return nil
}

func version(_ context.Context, in *invocation) error {
	if err := in.parse(0, 0); err != nil {
		return err
	}
	commit, changed := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = ", changed"
			}
		}
	}
	fmt.Fprintf(in.stdout, "jpki 0.1, commit %s%s\n", commit, changed)
	return nil
}

// completion prints a bash completion that knows the words of all commands.
func completion(_ context.Context, in *invocation) error {
	if err := in.parse(1, 1); err != nil {
		return err
	}
	if in.flags.Arg(0) != "bash" {
		return usageError{"shell " + in.flags.Arg(0) + " is not known, only bash"}
	}
	var first []string
	second := map[string][]string{}
	for _, c := range commands() {
		word, sub, _ := strings.Cut(c.name, " ")
		if len(first) == 0 || first[len(first)-1] != word {
			first = append(first, word)
		}
		if sub != "" {
			second[word] = append(second[word], sub)
		}
	}
	fmt.Fprintf(in.stdout, "_jpki() {\n  local words=%q\n  case \"$COMP_CWORD:${COMP_WORDS[1]}\" in\n", strings.Join(first, " "))
	for _, word := range first {
		if subs := second[word]; subs != nil {
			fmt.Fprintf(in.stdout, "  2:%s) words=%q ;;\n", word, strings.Join(subs, " "))
		}
	}
	fmt.Fprint(in.stdout, "  1:*) ;;\n  *) COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")); return ;;\n  esac\n"+
		"  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -F _jpki jpki\n")
	return nil
}
