package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

const articleOfExport = "公的個人認証法第3条"

// Export certifies to a counter what the record of a resident says as it stands: of the one who was called up for the
// counter's application on this day, see [Service.CallUp]. Neither question nor answer has the resident code. Faults:
// registry.export_invalid, registry.not_called_up, registry.no_resident.
//
// Law: 公的個人認証法 §3
// Req: R-SYS-11, R-DAT-08
func (s *Service) Export(ctx context.Context, actor authz.Actor, counter post.Address, application string) (message.Export, error) {
	var export message.Export
	err := s.guard.Do(ctx, actor, audit.Entry{Act: ActExport, Law: articleOfExport}, func(tx Tx, e *audit.Entry) error {
		if err := checkApplication(counter, application, ""); err != nil {
			return err
		}
		r, err := s.calledUp(ctx, tx, counter, application)
		if err == nil {
			export = s.certify(e, r, counter, application)
		}
		return err
	})
	if err != nil {
		return message.Export{}, fmt.Errorf("exporting a resident record: %w", err)
	}
	return export, nil
}

// ExportByMedium certifies the same in a letter to a counter that no network joins to the register, as in 2003: the
// municipality gives the resident code, and the register's courier writes the letter to a sealed medium, see package
// medium. Asked twice, it writes two letters of one application. The letter is in the transaction that notes the act: it
// waits for a medium, or nothing happened. Faults: registry.export_invalid, registry.no_resident.
//
// Law: 公的個人認証法 §3
// Req: R-SYS-12
func (s *Service) ExportByMedium(ctx context.Context, actor authz.Actor, code ResidentCode, counter post.Address, application string) error {
	err := s.guard.Do(ctx, actor, audit.Entry{Act: ActMedium, Law: articleOfExport}, func(tx Tx, e *audit.Entry) error {
		if err := checkApplication(counter, application, code); err != nil {
			return err
		}
		r, err := resident(ctx, tx, code)
		if err != nil {
			return err
		}
		return office.Send(ctx, tx, message.ExportLetter, counter, message.TopicExports, s.certify(e, r, counter, application))
	})
	if err != nil {
		return fmt.Errorf("exporting a resident record: %w", err)
	}
	return nil
}

// checkApplication checks by what a counter and an application are named. The number of an application goes back to the
// counter, so it must not hold the resident code; code is "" where there is none.
func checkApplication(counter post.Address, application string, code ResidentCode) error {
	switch {
	case !counter.Valid() || counter.Office() != authz.Counter:
		return fault.New(fault.Invalid, "registry.export_invalid", "counter")
	case !identifier.MatchString(application) || message.MayBeMyNumber(application) || code != "" && strings.Contains(application, string(code)):
		return fault.New(fault.Invalid, "registry.export_invalid", "case")
	}
	return nil
}

// certify notes in the audit entry what a counter is told, and returns it.
func (s *Service) certify(e *audit.Entry, r Resident, counter post.Address, application string) message.Export {
	e.Subject, e.Detail["counter"], e.Detail["case"] = r.subject(), string(counter), application
	return message.Export{
		Case: application, Holder: s.pseudonym(r.Code), Attributes: r.Attributes, Municipality: r.Municipality, At: s.now(),
	}
}

// pseudonymPurpose keeps what the key makes here apart from whatever else it might ever make.
const pseudonymPurpose = "jpki pseudonym of a holder v1\n"

// pseudonym returns by what the CA tells a resident from others, 64 hexadecimal digits. A resident code has eleven digits:
// without the key, trying them all finds nothing.
func (s *Service) pseudonym(code ResidentCode) message.Holder {
	mac := hmac.New(sha256.New, s.PseudonymKey)
	mac.Write([]byte(pseudonymPurpose + string(code)))
	return message.Holder(hex.EncodeToString(mac.Sum(nil)))
}
