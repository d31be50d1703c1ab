"""The HTTP client of the re.alto platform. It knows neither our models nor the sandbox.

`client` has a method for each endpoint, `resources` what they return, `errors` what they raise; `connection`
makes one from the settings. The rest serves these four.
"""
