from sandbox import tokens

NOW = 1_800_000_000.0


class TestToken:
    def test_names_its_client(self) -> None:
        caller = tokens.find_caller(tokens.issue("sandbox-client", NOW), NOW + 1, 0.0)

        assert caller == tokens.Caller("sandbox-client")

    def test_looks_like_a_jwt(self) -> None:
        assert tokens.issue("sandbox-client", NOW).count(".") == 2
        assert tokens.issue("sandbox-client", NOW).startswith("ey")

    def test_ends(self) -> None:
        token = tokens.issue("sandbox-client", NOW)

        assert tokens.find_caller(token, NOW + 3598, 0.0) is not None
        assert tokens.find_caller(token, NOW + 3599, 0.0) is None

    def test_can_be_revoked(self) -> None:
        assert tokens.find_caller(tokens.issue("sandbox-client", NOW), NOW + 1, NOW + 0.5) is None

    def test_cannot_be_forged(self) -> None:
        header, _, signature = tokens.issue("sandbox-client", NOW).split(".")
        other = tokens.encode({"sub": "other", "iat": NOW, "exp": NOW + 9})

        assert tokens.find_caller(f"{header}.{other}.{signature}", NOW, 0.0) is None
        assert tokens.find_caller("", NOW, 0.0) is None


class TestCaller:
    def test_has_a_tenant_unless_the_platform_cannot_tell(self) -> None:
        assert tokens.Caller("sandbox-client").default_tenant == tokens.DEFAULT_TENANT_ID
        assert tokens.Caller("sandbox-no-tenant").default_tenant is None
