package relay

import "testing"

func TestSet(t *testing.T) {
	if (Settings{Token: "rly_test_0000000000000000"}).Summary() == "" {
		t.Fatal("empty")
	}
}
