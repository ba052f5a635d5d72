package fake

func (c *call) graphql() *response { return c.notFound() }
