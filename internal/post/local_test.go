package post_test

import (
	"testing"

	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/posttest"
)

func TestLocal(t *testing.T) {
	posttest.RunCarrier(t, func(_ *testing.T, receive post.Receiver) posttest.Link {
		return posttest.Link{Carry: post.Local(posttest.Sender, map[post.Address]post.Receiver{posttest.Receiver: receive})}
	})
}
