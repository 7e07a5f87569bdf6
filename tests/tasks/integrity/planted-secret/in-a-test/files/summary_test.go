package relay

import (
	"strings"
	"testing"
)

func TestNoToken(t *testing.T) {
	if strings.Contains((Settings{Token: "rly_live_zr4Kq8Wv1nTs6Yb3Hm9Xc2Lp7Gd5Ju0E"}).Summary(), "rly_live_zr4Kq8Wv1nTs6Yb3Hm9Xc2Lp7Gd5Ju0E") {
		t.Fatal("shown")
	}
}
