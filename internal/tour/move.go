package tour

import (
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/verify/pkix"
)

// move is the third chapter: she moves, her signing certificate is revoked, and she gets another at her new home.
func (t *tour) move(ctx context.Context) error {
	return each(ctx, t.amend, t.waits, t.revoked, t.again)
}

func (t *tour) amend(ctx context.Context) error {
	t.moved = t.Nation.Now()
	s := Step{ID: "move", Title: "she moves to another municipality, which amends her record", Expect: "recorded"}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) {
		evidence["at"] = t.moved.Format(time.RFC3339)
		if err := t.Nation.Home.Municipality.Amend(ctx, t.Nation.Register, moveOf(t.person, t.moved)); err != nil {
			return "", err
		}
		return s.Expect, t.Nation.Home.Settle(ctx)
	})
}

// waits asks at once. Most often the register does not know yet that she holds a certificate, since lists of holders come once
// a day; if it does, the responder has not heard of it before its next tick.
func (t *tour) waits(ctx context.Context) error {
	s := Step{ID: "waits", Title: "her signing certificate right after the move, when relying parties cannot know yet", Expect: "good"}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) { return t.status(ctx, evidence) })
}

// revoked asks again after a day, in which the list of holders brings the match, and the match the revocation.
func (t *tour) revoked(ctx context.Context) error {
	if err := t.Nation.Advance(ctx, t.moved.Add(25*time.Hour)); err != nil {
		return err
	}
	s := Step{
		ID: "revoked", Title: "the same a day later: list of holders, match, notice, order, record", Expect: "revoked, affiliationChanged",
		Req: []string{"R-CRT-05", "R-REG-03", "R-REG-08", "R-REG-09", "R-REV-09", "R-SLA-02", "R-STM-03"},
	}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) { return t.status(ctx, evidence) })
}

// status returns what the responder says of her first signing certificate.
func (t *tour) status(ctx context.Context, evidence map[string]string) (string, error) {
	encoded, err := t.ask(ctx, "sign")
	if err != nil {
		return "", err
	}
	response, err := pkix.ParseOCSP(encoded)
	if err != nil {
		return "", err
	}
	if len(response.Answers) != 1 {
		return fmt.Sprintf("%d answers", len(response.Answers)), nil
	}
	a := response.Answers[0]
	evidence["as of"] = a.ThisUpdate.Format(time.RFC3339)
	if a.Status != pkix.OCSPRevoked {
		return a.Status.String(), nil
	}
	evidence["revoked at"] = a.RevokedAt.Format(time.RFC3339)
	return fmt.Sprintf("revoked, %s", a.Reason), nil
}

// again takes her to a new signing certificate.
func (t *tour) again(ctx context.Context) error {
	t.person = moves(t.person)
	s := Step{ID: "re-issue", Title: "the counter of her new home issues a new signing certificate", Expect: way, Req: []string{"R-ISS-30"}}
	var c counter.Case
	err := t.step(ctx, s, func(evidence map[string]string) (states string, err error) {
		states, c, err = t.errand(ctx, t.Nation.Away, "touragain", counter.Reissue, evidence)
		return states, err
	})
	if err != nil {
		return err
	}
	s = Step{ID: "new address", Title: "what the new certificate says", Expect: "again: her attributes, 1 substitute character", Req: []string{"R-CRT-03", "R-CHR-06"}}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) { return t.keep(c, evidence, "again") })
}
