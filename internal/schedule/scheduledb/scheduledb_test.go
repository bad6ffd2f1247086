package scheduledb_test

import (
	"testing"

	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/schedule/scheduledb"
)

func TestSameTables(t *testing.T) { dbtest.SameTables(t, scheduledb.Migrate) }
