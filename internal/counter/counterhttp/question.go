package counterhttp

import (
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/line"
)

// onCase is a question about one case that says no more.
type onCase struct{ Case string }

type openCase struct {
	Reception string
	Form      counter.Form
}

type identify struct {
	Case     string
	Identity counter.Identity
}

type checkImage struct {
	Case      string
	Judgement counter.Judgement
}

type takeFee struct {
	Case string
	By   counter.PaidBy
}

type stop struct{ Reason string }

type nothing struct{}

// stopped is the answer to whether the service is stopped.
type stopped struct {
	Stop    counter.Stop
	Stopped bool
}

// The questions, by path.
const (
	askOpen      line.Question[openCase, counter.Case]                    = "/counter/open"
	askCertify   line.Question[onCase, counter.Case]                      = "/counter/certify"
	askIdentify  line.Question[identify, counter.Case]                    = "/counter/identify"
	askPrepare   line.Question[onCase, counter.Case]                      = "/counter/prepare"
	askReadKeys  line.Question[onCase, counter.Case]                      = "/counter/read-keys"
	askRequest   line.Question[onCase, counter.Case]                      = "/counter/request"
	askImage     line.Question[checkImage, counter.Case]                  = "/counter/check-image"
	askStore     line.Question[onCase, counter.Case]                      = "/counter/store"
	askFee       line.Question[takeFee, counter.Case]                     = "/counter/take-fee"
	askHandOver  line.Question[onCase, []counter.Image]                   = "/counter/hand-over"
	askWithdraw  line.Question[onCase, counter.Case]                      = "/counter/withdraw"
	askCase      line.Question[onCase, counter.Case]                      = "/counter/case"
	askOpenCases line.Question[nothing, []counter.Case]                   = "/counter/open-cases"
	askStop      line.Question[stop, nothing]                             = "/counter/stop"
	askRestart   line.Question[nothing, bool]                             = "/counter/restart"
	askStopped   line.Question[nothing, stopped]                          = "/counter/stopped"
	askRevoke    line.Question[counter.RevocationNotice, []counter.Order] = "/counter/revoke"
	askServePIN  line.Question[counter.PINNotice, counter.Notice]         = "/counter/serve-pin"
)
