package tour

import (
	"context"
	"fmt"
)

// after is the last chapter: the present.
func (t *tour) after(ctx context.Context) error {
	if err := t.Nation.Advance(ctx, t.End()); err != nil {
		return err
	}
	t.After = t.Nation.Now().Unix()
	if err := t.publish(ctx, "after", "sign", "auth", "again"); err != nil {
		return err
	}
	if err := t.sign(ctx, "again"); err != nil {
		return err
	}
	move := []string{"R-REV-02"} // it ends the signing certificate alone
	err := t.judge(ctx, "after", t.After,
		verdict{document, "TOTAL-FAILED/REVOKED", move}, verdict{documentPDF, "TOTAL-FAILED/REVOKED", move}, verdict{signing, "TOTAL-FAILED/REVOKED", move}, verdict{authentication, "TOTAL-PASSED", move},
		verdict{documentAgain, "TOTAL-PASSED", nil}, verdict{signingAgain, "TOTAL-PASSED", nil})
	if err != nil {
		return err
	}
	return t.examined(ctx)
}

// examined has the auditor examine all that was issued and published.
func (t *tour) examined(ctx context.Context) error {
	s := Step{ID: "check", Title: "an independent examination of all that was issued and published", Expect: "0 findings"}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) {
		r, err := t.Nation.Check(ctx)
		if err != nil {
			return "", err
		}
		evidence["certificates"], evidence["lists"] = fmt.Sprint(r.Issues), fmt.Sprint(r.Lists)
		for i, f := range r.Findings {
			evidence[fmt.Sprintf("finding %d", i+1)] = f.What + " " + f.Which + ": " + f.Why
		}
		return fmt.Sprintf("%d findings", len(r.Findings)+r.More), nil
	})
}
